# a template can't be run: which pipeline is meant of one, of several, of none that can
zpl graph which.zpl --format json | grep '"name"\|"pipeline"'
(cat which.zpl; echo 'pipeline "third" { build = function () half { csv.read "flights.csv" } end }') > two.zpl
zpl run two.zpl
zpl run two.zpl:thrid
(head -n 3 which.zpl) > none.zpl
zpl run none.zpl
zpl run none.zpl:half
