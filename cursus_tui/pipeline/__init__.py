"""What is to be run: DAG, contracts, config, wiring, project discovery. No process, no screen."""
