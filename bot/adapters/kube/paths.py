"""Paths of the Kubernetes API (https://kubernetes.io/docs/reference/using-api/api-concepts/)."""

from urllib.parse import quote


def collection(api_version: str, plural: str, namespace: str = "") -> str:
    """Return the path of a list: that of `v1` and `pods` in `shop` is `/api/v1/namespaces/shop/pods`."""
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    inside = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
    return f"{root}{inside}/{plural}"


def item(api_version: str, plural: str, name: str, namespace: str = "") -> str:
    """Return the path of one object. Its name may hold a colon or a dot, never a slash."""
    return f"{collection(api_version, plural, namespace)}/{quote(name, safe='')}"
