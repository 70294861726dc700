using System.Text.Json.Serialization;

namespace DChat.Libp2p.Tests.Protocols.RequestResponse;

/// <summary>A message of tests.</summary>
public sealed record Greeting(string Text, int Count);

/// <summary>How it is serialized.</summary>
[JsonSerializable(typeof(Greeting))]
internal sealed partial class GreetingJson : JsonSerializerContext;
