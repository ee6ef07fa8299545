zpl lineage flow.zpl tran.late; zpl lineage flow.zpl distnace; zpl lineage flow.zpl; zpl lineage 3/sql/rows late; zpl lineage flow.zpl late --format mermaid
