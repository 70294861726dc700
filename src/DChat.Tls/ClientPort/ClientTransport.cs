using System.IO.Pipelines;

namespace DChat.Tls.ClientPort;

/// <summary>A connection of a client whose input is judged.</summary>
internal sealed class ClientTransport(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input { get; } = input;

    public PipeWriter Output { get; } = output;
}
