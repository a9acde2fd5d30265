# Debian's kernel, of which names alone are known
tbreak *__x64_sys_newuname
continue
echo @where\n
bt
echo @banner\n
x/s &linux_banner
echo @end\n
