zpl lineage flow.zpl usual.far --json
