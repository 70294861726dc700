using DChat.Core;

namespace DChat.Storage.Keys;

/// <summary>The faults of the key files, each with its code.</summary>
internal static class KeyErrors
{
    public static DChatException Permissions(string path, string mode) =>
        new("key-permissions", $"{path} holds secrets and others may use it: run chmod {mode} on it.");

    public static DChatException Corrupt(string path, string reason) =>
        new("key-corrupt", $"{path} is damaged: {reason}. It was left as it is; restore it from a copy or move it away.");

    public static DChatException Unavailable(string path, Exception inner) =>
        new("key-unavailable", $"{path} cannot be used: {inner.Message}", inner: inner);

    public static DChatException Locked(string path, string name) => new(
        "gateway-locked",
        $"{path} is in use by another process: give each edge on this data directory a name of its own with --name; this one is called {name}.",
        isTransient: true);

    public static DChatException Undelegated(string path, string reason) => new(
        "delegation-unusable",
        $"{path} {reason}, and there is no relay.key to sign another one: start once with the operator's relay.key in the data directory.");
}
