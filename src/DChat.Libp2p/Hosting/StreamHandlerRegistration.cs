using DChat.Libp2p.Streams;

namespace DChat.Libp2p.Hosting;

/// <summary>A handler that the host is given before it starts.</summary>
/// <param name="Protocol">The protocol id.</param>
/// <param name="Create">Makes the handler, once.</param>
/// <param name="Limits">Streams per peer; the default when null.</param>
internal sealed record StreamHandlerRegistration(string Protocol, Func<IServiceProvider, StreamHandler> Create, ProtocolLimits? Limits);
