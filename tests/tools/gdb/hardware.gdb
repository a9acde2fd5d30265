# what the processor's own debug registers do
hbreak middle
continue
echo @hbreak\n
info symbol $pc
delete
watch watched
continue
echo @watch\n
info symbol $pc
