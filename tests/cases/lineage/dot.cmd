zpl lineage flow.zpl longer --format dot
