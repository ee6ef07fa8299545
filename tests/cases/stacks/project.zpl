stack "two" { orchestrator = here { jobs = 2 } }
stack "far" { orchestrator = kubernetes { namespace = "ml" } }
