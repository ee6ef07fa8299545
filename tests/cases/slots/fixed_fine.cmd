# a step in a slot keeps the arguments that the call fixes, and takes more on the way down
zpl graph fixed_fine.zpl --format json | grep -A 4 '"name": "rounds"\|"name": "$k"\|"step": "mine"'
