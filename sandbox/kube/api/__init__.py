"""The API server: objects with real semantics in one store, behind the REST protocol of Kubernetes."""
