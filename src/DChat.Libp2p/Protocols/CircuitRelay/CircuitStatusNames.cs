namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>What statuses are called in metrics and on screens.</summary>
public static class CircuitStatusNames
{
    /// <summary>Such as <c>resource-limit-exceeded</c>.</summary>
    public static string ToName(this CircuitStatus status) => status.ToKebab();
}
