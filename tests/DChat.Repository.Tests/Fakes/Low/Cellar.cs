namespace DChat.Repository.Tests.Fakes.Low;

/// <summary>
/// Stands on the lower floor and uses the upper, in a method body only and through the namespace that both share: no
/// using directive and no full name tells.
/// </summary>
internal static class Cellar
{
    public static int Depth { get; } = 1;

    public static async Task<int> ReachAsync()
    {
        await Task.CompletedTask;
        return High.Tower.Height();
    }
}
