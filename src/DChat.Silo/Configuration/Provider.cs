namespace DChat.Silo.Configuration;

/// <summary>Who keeps grain state, or the list of the cluster's members.</summary>
internal enum Provider
{
    /// <summary>This machine.</summary>
    Local,

    /// <summary>Azure Storage.</summary>
    Azure,

    /// <summary>A Redis server.</summary>
    Redis,
}
