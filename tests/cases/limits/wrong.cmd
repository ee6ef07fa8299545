# what is wrong with project.zpl is told there, and once to a program that asks for its limits
zpl check wrong/project.zpl
cd wrong
zpl check use.zpl
