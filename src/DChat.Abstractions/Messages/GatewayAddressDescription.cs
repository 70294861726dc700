namespace DChat.Abstractions.Messages;

/// <summary>An address of a gateway, and what others who tried it have found (AutoNAT v2).</summary>
[GenerateSerializer, Immutable, Alias("dchat.GatewayAddressDescription")]
public sealed class GatewayAddressDescription(string address, string state, int reached, int failed, DateTimeOffset? settledAt)
{
    /// <summary>The address, without <c>/p2p</c>.</summary>
    [Id(0)]
    public string Address { get; } = address;

    /// <summary><c>reachable</c>, <c>unreachable</c>, or <c>unknown</c> while too few have tried.</summary>
    [Id(1)]
    public string State { get; } = state;

    /// <summary>Networks whose peers have reached the gateway there.</summary>
    [Id(2)]
    public int Reached { get; } = reached;

    /// <summary>Networks whose peers have tried in vain.</summary>
    [Id(3)]
    public int Failed { get; } = failed;

    /// <summary>When it was found out; null while unknown.</summary>
    [Id(4)]
    public DateTimeOffset? SettledAt { get; } = settledAt;
}
