using System.Text.Json;

namespace DChat.Libp2p;

/// <summary>What values of enumerations are called in metrics and on screens, such as <c>resource-limit-exceeded</c>.</summary>
internal static class KebabNames
{
    internal static string ToKebab(this Enum value) => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
