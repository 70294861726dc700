using System.Text.Json;
using System.Text.Json.Serialization;

namespace DChat.Client.Devices;

/// <summary>The content of <c>device.json</c>.</summary>
internal sealed record DeviceDocument(int Version, string? Device, string? Seed);

/// <summary>The content of <c>topics.json</c>.</summary>
internal sealed record TopicsDocument(int Version, List<TopicEntry>? Topics);

/// <summary>One topic: the name it goes by here, and its invite, which carries network, name, secret and a checksum.</summary>
internal sealed record TopicEntry(string? Name, string? Invite);

/// <summary>The content of <c>identity.json</c>. Keys and hashes are hexadecimal, the state is base64 of a <c>SharedState</c>.</summary>
internal sealed record IdentityDocument(
    int Version,
    string? Network,
    string? Identity,
    string? State,
    ulong SealedAt,
    string? Sealed,
    string? SealedContent,
    Dictionary<string, string>? Merged,
    List<string>? Followed);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DeviceDocument))]
[JsonSerializable(typeof(TopicsDocument))]
[JsonSerializable(typeof(IdentityDocument))]
internal sealed partial class HomeJson : JsonSerializerContext
{
    /// <summary>What is wrong with a file that could not be read as a document.</summary>
    public static string Fault(ReadOnlySpan<byte> content)
    {
        var reader = new Utf8JsonReader(content);
        try
        {
            while (reader.Read())
            {
            }

            return "it is JSON, but not what this program writes";
        }
        catch (JsonException)
        {
            return "it is not JSON";
        }
    }
}
