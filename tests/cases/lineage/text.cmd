zpl lineage flow.zpl longer
