using System.Text;

namespace DChat.Cli.Tests.Fakes;

/// <summary>An output that cannot be written.</summary>
internal sealed class BrokenWriter(Exception failure) : TextWriter
{
    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => throw failure;
}
