"""The otel room: our spans sent over OTLP, mirrored in a program's own tracing, and continued across processes."""
