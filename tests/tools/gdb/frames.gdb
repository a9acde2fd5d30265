# a session with the guest frames
break inner
continue
continue
echo @bt\n
bt
set $x = x
up
echo @sum\n
output/d $x - x - 1
echo \n@finish\n
down
finish
echo @value\n
output/d $ - 3 * $x
echo \n@display\n
display/i $pc
echo @step\n
stepi
stepi
stepi
echo @continue\n
undisplay
continue
set $from = $pc
stepi
echo @onestep\n
output/d $pc > $from && $pc - $from < 16
echo \n@write\n
set var scratch = 4711
output/d scratch
echo \n@register\n
set $old = $esi
set $esi = 0x1234
output/x $esi
set $esi = $old
echo \n@sse\n
set $xmm3.v2_int64[1] = 0x1122334455667788
output/x $xmm3.v2_int64[1]
echo \n@cr0\n
output/d $cr0 & 1
echo \n@linear\n
output/x *(unsigned int *)&rounds
echo \n@physical\n
monitor phys on
output/x *(unsigned int *)&rounds
monitor phys off
echo \n@nothing\n
output *(int *)0x7fff0000
