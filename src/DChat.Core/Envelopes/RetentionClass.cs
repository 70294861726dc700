namespace DChat.Core.Envelopes;

/// <summary>How long a sender asks relays to keep a message. The numbers are on the wire (envelope field 7).</summary>
public enum RetentionClass : byte
{
    /// <summary>One day.</summary>
    OneDay = 1,

    /// <summary>Seven days.</summary>
    SevenDays = 2,

    /// <summary>Thirty days: the most a sender gets without a permit.</summary>
    ThirtyDays = 3,

    /// <summary>365 days; needs a permit.</summary>
    OneYear = 4,

    /// <summary>For ever; needs a permit.</summary>
    Permanent = 5,
}
