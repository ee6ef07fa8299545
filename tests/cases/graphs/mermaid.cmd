zpl graph medium.zpl --format mermaid
