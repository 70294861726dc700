using System.Text.Json.Serialization;

namespace DChat.Interop.Tests.Js;

/// <summary>How a peer speaks gossipsub; what is null is left to its default.</summary>
internal sealed record JsGossipSettings
{
    /// <summary>StrictSign instead of StrictNoSign.</summary>
    public bool Sign { get; init; }

    /// <summary>The size of meshes.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? D { get; init; }

    /// <summary>Payload from which IDONTWANT is sent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? IdontwantMinSize { get; init; }

    /// <summary>Topics in which invalid messages count as in <c>GossipHost.InvalidCounts</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Scored { get; init; }

    /// <summary>Whether it tells of others when it prunes, and connects to those it is told of.</summary>
    public bool Exchange { get; init; }

    /// <summary>Milliseconds that peers stay out of the mesh when it leaves a topic.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? LeaveBackoffMs { get; init; }
}
