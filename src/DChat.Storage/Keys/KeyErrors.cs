using DChat.Abstractions.Files;
using DChat.Core;

namespace DChat.Storage.Keys;

/// <summary>The faults of the key files, each with its code.</summary>
internal static class KeyErrors
{
    /// <summary>What the faults of the files are called.</summary>
    public static readonly PrivateFolderCodes Codes = new("key-unavailable", "key-permissions", "key-corrupt");

    public static DChatException Locked(string path, string name) => new(
        "gateway-locked",
        $"{path} is in use by another process: give each edge on this data directory a name of its own with --name; this one is called {name}.",
        isTransient: true);

    public static DChatException Undelegated(string path, string reason) => new(
        "delegation-unusable",
        $"{path} {reason}, and there is no relay.key to sign another one: start once with the operator's relay.key in the data directory.");
}
