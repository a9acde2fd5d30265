# the guest runs until somebody types Ctrl-C
shell (while grep -q '^state paused' /sys/fs/kvmfs/frames/status; do sleep 0.1; done; sleep 1; kill -INT $PPID) &
echo @interrupt\n
continue
echo @end\n
