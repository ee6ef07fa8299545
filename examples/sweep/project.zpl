-- What all programs of this folder share: where they run.      zpl run sweep.zpl --stack small
stack "small" { orchestrator = here { jobs = 1 } }
stack "wide"  { orchestrator = here { jobs = 8 } }
