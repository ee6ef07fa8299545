zpl lineage guessed_lineage.zpl dear.cost
