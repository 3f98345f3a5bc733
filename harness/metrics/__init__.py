"""What turns texts into numbers; one module a metric family."""
