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
}
