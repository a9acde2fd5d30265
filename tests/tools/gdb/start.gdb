echo @start\n
show architecture
output/d $cr0 >> 31 & 1
echo \n@end\n
