namespace DChat.Libp2p.Resources;

/// <summary>Whether there is room. What is worse is greater.</summary>
internal enum ResourceRoom
{
    /// <summary>Yes.</summary>
    Plenty,

    /// <summary>Only because whoever takes it holds less than its share; others have to give something back.</summary>
    Reserve,

    /// <summary>Not before others have given something back.</summary>
    Soon,

    /// <summary>No.</summary>
    None,
}
