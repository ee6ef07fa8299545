# when, after, retries, timeout, resources and the name of a call, in the graph of the steps inside
zpl graph inherited.zpl --format json | grep -v '"identity"\|"at"'
