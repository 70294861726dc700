using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Silo;

/// <summary>Silos as an operator starts them: the built program, with free ports and a data directory of the test.</summary>
internal static class Silos
{
    // The program stands beside the tests, as their project references it.
    public static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "DChat.Silo.dll");

    public static SiloSettings In(string dataDirectory) => new(Assembly, dataDirectory);
}
