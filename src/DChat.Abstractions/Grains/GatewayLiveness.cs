namespace DChat.Abstractions.Grains;

/// <summary>How often gateways show themselves to the cluster, and for how long they count without.</summary>
public static class GatewayLiveness
{
    /// <summary>How often a gateway announces itself and reports its peers.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    /// <summary>How long an announcement or a report counts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);
}
