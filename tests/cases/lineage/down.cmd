zpl lineage flow.zpl flights.delay
