namespace DChat.Libp2p.Addresses;

/// <summary>One protocol and its value within a <see cref="Multiaddr"/>, such as <c>/tcp/4001</c>.</summary>
/// <param name="Protocol">Which protocol.</param>
/// <param name="Value">The value's bytes without their length; empty for protocols without a value.</param>
public readonly record struct MultiaddrComponent(MultiaddrProtocol Protocol, ReadOnlyMemory<byte> Value)
{
    /// <summary>The value as text; empty for protocols without a value.</summary>
    public string Text => Protocol.Kind == MultiaddrValue.None ? "" : MultiaddrValueCodec.Format(Protocol, Value.Span);
}
