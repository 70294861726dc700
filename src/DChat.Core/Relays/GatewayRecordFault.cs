namespace DChat.Core.Relays;

/// <summary>Why a gateway's record does not speak for a relay.</summary>
public enum GatewayRecordFault
{
    /// <summary>It does.</summary>
    None = 0,

    /// <summary>Its time is over.</summary>
    Expired = 1,

    /// <summary>It was made further ahead than clocks may differ.</summary>
    Ahead = 2,

    /// <summary>Its delegation is forged, of another network or gateway, or does not hold at this time.</summary>
    NotDelegated = 3,
}
