# the stacks of project.zpl; one that can't be opened; one that nobody declares
for name in two far tow; do
    zpl run one.zpl --stack $name --json | grep '"status"' | head -n 1
done
