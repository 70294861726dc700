using System.Reflection;
using System.Text.RegularExpressions;
using DChat.Repository.Tests.Tree;

namespace DChat.Repository.Tests.Floors;

/// <summary>The namespaces of a project from bottom to top. A floor uses itself and what is below it, never what is above.</summary>
/// <param name="project">The project, which is its root namespace too.</param>
/// <param name="floors">
/// Namespaces below the root, lowest first; the root itself is the empty one. A namespace that is not named stands on the
/// floor of the nearest one around it.
/// </param>
internal sealed class NamespaceFloors(string project, params string[] floors)
{
    /// <summary>Where the sources or the compiled types of <paramref name="assembly"/> use a floor above their own.</summary>
    public IEnumerable<Finding> Faults(RepositoryTree tree, Assembly assembly)
    {
        var sources = tree.Sources.Where(file => file.IsUnder($"src/{project}")).ToList();
        return Written(sources).Concat(Compiled(sources, assembly));
    }

    /// <summary>What using directives and full names in the text say.</summary>
    public IEnumerable<Finding> Written(IEnumerable<TextFile> sources) =>
        from file in sources
        let own = file.Find(new Regex($@"^namespace ({Regex.Escape(project)}[\w.]*);"), match => match.Groups[1].Value).FirstOrDefault()?.Message
        where own is not null
        from mention in file.Find(new Regex($@"(?<![\w.]){Regex.Escape(project)}(\.\w+)*"), match => match.Value)
        where Fault(own, mention.Message) is not null
        select mention with { Message = Fault(own, mention.Message)! };

    /// <summary>What the compiler resolved, names found through a shared parent namespace included.</summary>
    public IEnumerable<Finding> Compiled(IReadOnlyList<TextFile> sources, Assembly assembly) =>
        from type in assembly.GetTypes()
        let user = TypeReferences.Outermost(type)
        where IsOurs(user)
        from used in TypeReferences.Of(type).Select(TypeReferences.Outermost).Where(IsOurs).Distinct()
        where used.Assembly == assembly
        let fault = Fault(user.Namespace!, used.Namespace!)
        where fault is not null
        select new Finding(FileOf(user, sources), 0, $"{user.Name} uses {used.Name}: {fault}");

    private bool IsOurs(Type type) =>
        type.Namespace is { } name && (name == project || name.StartsWith(project + '.', StringComparison.Ordinal));

    private string? Fault(string own, string used)
    {
        var (from, to) = (FloorOf(own), FloorOf(used));
        return from < 0 ? $"{own} is on no floor; add it to the table in NamespaceTests.cs."
            : to > from ? $"the floor {Name(from)} uses {used} of the floor {Name(to)} above it."
            : null;
    }

    /// <summary>The floor of the longest name that is a namespace's own or one around it; -1 when there is none.</summary>
    private int FloorOf(string name)
    {
        // The root stands for itself only: a new folder must be given its floor.
        for (var within = name.Length > project.Length ? name[(project.Length + 1)..] : ""; ;)
        {
            var floor = Array.IndexOf(floors, within);
            if (floor >= 0 || !within.Contains('.', StringComparison.Ordinal))
            {
                return floor;
            }

            within = within[..within.LastIndexOf('.')];
        }
    }

    private string Name(int floor) => floors[floor].Length == 0 ? project : floors[floor];

    private string FileOf(Type type, IReadOnlyList<TextFile> sources)
    {
        var name = type.Name.Split('`')[0];
        var folder = "src/" + project + type.Namespace![project.Length..].Replace('.', '/');
        var inFolder = sources.Where(file => file.Folder == folder).ToList();
        return (inFolder.Find(file => file.Name == name + ".cs")
            ?? inFolder.Find(file => file.Find(new Regex($@"\b(class|struct|interface|enum|record) {name}\b"), _ => "").Any()))?.Path ?? folder;
    }
}
