namespace DChat.Core.Sealing;

/// <summary>What a receiver makes of a sequence it sees.</summary>
public enum ReplayVerdict
{
    /// <summary>Not seen before.</summary>
    Fresh = 1,

    /// <summary>The same message as before.</summary>
    Duplicate = 2,

    /// <summary>Another message under a sequence already used: the author signed both.</summary>
    Equivocation = 3,

    /// <summary>So far behind the author's newest message that nobody can tell.</summary>
    TooOld = 4,
}
