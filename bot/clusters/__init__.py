"""Where clusters come from (Magnum, kubeconfig files) and the credentials to reach them."""
