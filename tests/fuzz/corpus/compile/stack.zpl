stack "laptop" { orchestrator = here { jobs = 8 } }
stack "team" { orchestrator = kubernetes { namespace = "ml" }, artifacts = s3 { bucket = "b" }, metadata = postgres { host = "h", password = secret "P" } }
