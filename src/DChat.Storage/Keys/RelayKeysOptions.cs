namespace DChat.Storage.Keys;

/// <summary>Where a gateway's keys are and whom they are for.</summary>
public sealed class RelayKeysOptions
{
    /// <summary>The data directory; required. Created if need be.</summary>
    public string Directory { get; set; } = "";

    /// <summary>The network's name; a delegation holds in one network only.</summary>
    public string Network { get; set; } = "";

    /// <summary>The gateway's name, which its files are called by; a valid file name.</summary>
    public string Name { get; set; } = "";
}
