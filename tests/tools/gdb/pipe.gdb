echo @pipe\n
output/d rounds
echo \n@end\n
