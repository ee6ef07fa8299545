stack "two" { orchestrator = here { jobs = 2 } }
stack "far" { orchestrator = slurm { time = "4h" } }
