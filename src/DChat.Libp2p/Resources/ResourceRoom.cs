namespace DChat.Libp2p.Resources;

/// <summary>Whether there is room for what was just taken.</summary>
internal enum ResourceRoom
{
    /// <summary>Yes.</summary>
    Plenty,

    /// <summary>Only because whoever took it holds less than its share; others have to give something back.</summary>
    Reserve,

    /// <summary>No.</summary>
    None,
}
