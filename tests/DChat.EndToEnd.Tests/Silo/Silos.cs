using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Silo;

/// <summary>Silos as an operator starts them: the built program, with free ports and a data directory of the test.</summary>
internal static class Silos
{
    public static string Assembly { get; } = BuiltProgram.PathOf("DChat.Silo");

    public static SiloSettings In(string dataDirectory) => new(Assembly, dataDirectory);
}
