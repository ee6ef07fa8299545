-- What can be wrong about a stack; where it can't be read, nothing else is complained of.
stack "a" { orchestrator = here { job = 8 }, artifact = folder "x", metadata = s3 { bucket = "b" } }
stack "a" { artifacts = s3 { 7, "p", prefix = 8 }, secrets = kubernetes, deployer = kserve {}, 3 }
stack "b" { metadata = postgres { port = 0, password = "hunter2", user = secret "X" }, orchestrator = "slurm" }
stack { orchestrator = here {} }
stack "c" { orchestrator = here { jobs = 2, 3 } }
stack "d" { secrets = secret "A B" }
