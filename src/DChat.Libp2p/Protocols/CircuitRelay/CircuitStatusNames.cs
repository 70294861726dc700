using System.Text.RegularExpressions;

namespace DChat.Libp2p.Protocols.CircuitRelay;

/// <summary>What statuses are called in metrics and on screens.</summary>
public static partial class CircuitStatusNames
{
    /// <summary>Such as <c>resource-limit-exceeded</c>.</summary>
    public static string ToName(this CircuitStatus status) => Capital().Replace(status.ToString(), "-$0").ToLowerInvariant();

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex Capital();
}
