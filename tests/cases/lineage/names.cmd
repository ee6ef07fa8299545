zpl lineage flow.zpl train.late && zpl lineage flow.zpl split.test.late && zpl lineage flow.zpl split.late
